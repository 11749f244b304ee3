"""The operations desk as files and tools: facts in sentences, calls as acts, and a planner that reads."""
