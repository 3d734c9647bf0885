"""What all pages stand in: who may enter, navigation, search, notices, a person's own settings, refusals."""
