"""A distribution over sets of actions: its parameters, and what they say of many turns or one."""
