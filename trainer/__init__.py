"""The trainer: simulate, fit, evaluate; writes weights and their cards."""
