"""Two kinds of shops that declare everything it takes to be connected from the page: by pasted credentials, and by OAuth."""
