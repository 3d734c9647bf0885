"""Reading files of orders: finding the header row, cells as spreadsheets write them. Pure."""
