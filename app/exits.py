"""Exit codes: what a command leaves with.

0 done as wanted; 3 finished short of it; 2 a mistake in the call or the settings; 1 a fault of
ours; 130 interrupted, by Ctrl-C, by SIGTERM, or by a terminal that was closed.
"""

DONE, FAULT, MISTAKE, SHORT, INTERRUPTED = 0, 1, 2, 3, 130
