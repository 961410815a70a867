"""What the service does, whatever it is asked over: dialogues, policies, training."""
