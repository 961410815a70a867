"""A distribution over sets of actions: for many turns at once, and for one."""
