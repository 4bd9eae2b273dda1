"""Label Studio and what people said in it: server, questions, push, pull, ledger, agreement, gold."""
