"""What a confidence is worth: Platt scaling, risk control, conformal sets."""
