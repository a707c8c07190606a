"""An entry script that is never run."""
