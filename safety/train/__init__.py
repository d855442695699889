"""Makes every weight and threshold of the safety room that ships, from the folder of labelled data."""
