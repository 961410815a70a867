"""OpenAI's chat completions and Responses API."""
