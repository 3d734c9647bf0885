"""The only writers of channels and the inbox; one file per verb."""
