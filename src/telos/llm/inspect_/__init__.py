"""Where Telos meets Inspect: tasks, models as models, the scorer, the approver, and the reading of logs."""
