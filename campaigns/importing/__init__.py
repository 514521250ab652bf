"""From a line of a file, or a member of an API's request, to an influencer: columns, values, rows, matching, writing."""
