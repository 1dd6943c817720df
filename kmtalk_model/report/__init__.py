"""What people read of experiments: several runs side by side, and how their training went."""
