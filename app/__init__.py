"""The faces: command line, settings, progress, report. The only room that reads the environment."""
