"""What people export of their own conversations with ChatGPT and Claude."""
