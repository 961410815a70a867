"""Servers, their store and the lines between them, made to fail while clients talk.

- `proxy`: a line that can be cut, held, made slow, or left open with nothing coming through
- `preload`: a process whose clock is wrong, or whose disk is full or broken
- `history`: clients that repeat each call until it is answered, and what was answered
- `rig`: two servers on a store, started with all of that around them
- `injected`: the faults, by name
- `campaign`: fault after fault; after each the history is held against what is stored
- `served`, `mutants`: the servers, and broken ones that a campaign must find out
- `python -m benchmarks.service.faults`: all of them, many times, as a table
"""
