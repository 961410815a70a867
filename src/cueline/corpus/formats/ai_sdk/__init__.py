"""Messages of the AI SDK, as the model and as the page has them."""
