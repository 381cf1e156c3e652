"""What the office formats share: packages of XML, sheets, slides, lists and number formats."""
