"""Where Telos meets Inspect: tasks, players as models, the scorer, the approver, and the reading of logs."""
