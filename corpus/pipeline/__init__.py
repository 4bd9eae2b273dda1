"""A build in stages: each maps a function over partitions, and hands tables to the next one through files.

Every stage reads what earlier ones wrote and writes its own, so that the partitions of a stage can be worked on in any
order, in any process, and need not be worked on again after a stop. Where rows must meet that lie in different
partitions (the same document, the same text, the same band of a signature) each partition is written sorted by what
they meet on, and the next stage reads one range of it from all of them: a shuffle through files.
"""
