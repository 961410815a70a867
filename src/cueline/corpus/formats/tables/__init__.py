"""Tables, CSV and Parquet."""
