"""What every API of Batchadmin is built on. It stands with the accounts because each request begins with a token.

The apps above bring routers (`batches/api.py` …), the roof `batchadmin/api.py` puts them together.
"""
