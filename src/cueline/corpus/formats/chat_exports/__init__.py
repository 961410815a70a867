"""What people export of their own talks with ChatGPT and Claude."""
