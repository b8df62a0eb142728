"""A search on a cluster, from a laptop: the cluster file, SSH, what travels, the job, the files that come home."""
