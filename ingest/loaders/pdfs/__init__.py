"""What makes text of the pages of a PDF: lines, columns, tables, lists, recognised scans."""
