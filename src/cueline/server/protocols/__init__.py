"""What agents' clients speak: OpenAI's chat completions and responses, Anthropic's messages.

A protocol reads its request into an `AgentRequest` and writes an answer of a `LocalAnswer`; what is
decided between the two is the same for all.
"""
