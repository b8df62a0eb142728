"""The handbook's reference, made of the code when the site is built: nothing of it is written by hand or committed."""
