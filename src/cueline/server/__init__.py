"""Many live dialogues at once: each turn and decision an event, stored before the answer leaves."""
