"""The whole service held against a plain model, in orders of calls that nobody would think of.

- `model`: what the service promises, as a dictionary of lists and a few lines a call
- `stores`: the four stores, each with a clock that can be put forward
- `client`: requests without a network between; every answer must be one that the schema names
- `server`, `library`: the servers, and the policies that they change between
- `trial`: servers and model side by side, and what is looked at after each call
- `drawn`, `rules`: the calls, drawn by Hypothesis, each answer held against the model's
- `python -m tests.server.machine --store sqlite --minutes 15 --seed 1`: for as long as you like
"""
