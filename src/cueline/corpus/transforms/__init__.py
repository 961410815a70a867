"""From dialogues to dialogues: splits, one action a turn, personal data out."""
