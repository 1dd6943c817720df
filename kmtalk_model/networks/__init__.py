"""The networks of KMTalk. They know tensors alone: no files, no corpora, no command line."""
