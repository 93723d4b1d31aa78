"""Tools of others that a study trains on its own images: staged images, limits, facts, failures and scores.

- contract: The two commands of a tool's script, and the environment variables that it is run with.
- facts: What is known of one training of a tool and of its predictions: time, memory, versions, frames, failures.
- measured_process: Run a program and measure its processor time and memory with those of its children.
- staging: Write the images of a split into folders for a tool: training and validation with labels, test without.
- tool_folders: The folder of a tool: its script, its card, its environment, and what is wrong with it.
- tool_inputs: Inputs and settings of the jobs of a trained tool: its folder, its files by content, its environment, its
  limits.
- tool_runs: Train a tool and predict with it; a tool that fails leaves its reason.
- tool_scores: Score the label images of a tool that was trained, and record why there are none.

contract, measured_process, tool_folders and tool_runs import the standard library alone, because they run in the
environment of the tool.
"""
