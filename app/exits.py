"""Exit codes: what a command leaves with.

0 done as wanted; 3 finished short of it; 2 a mistake in the call or the settings; 1 a fault of
ours; 130 interrupted.
"""

DONE, FAULT, MISTAKE, SHORT, INTERRUPTED = 0, 1, 2, 3, 130
