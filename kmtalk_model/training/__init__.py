"""Training by Lightning: one stage of an experiment at a time. Nothing that animates imports this."""
