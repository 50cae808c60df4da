// Wrong variants of topics: see scripts/mutants.mjs.
const reader = 'src/bus/topic/reader.js';
const topics = 'src/bus/topic/topics.js';
const trie = 'src/bus/topic/trie.js';
const subscriber = 'src/bus/topic/subscriber.js';

export const topicsAndReaders = [
  { name: 'a publisher is not let go when a message is read', file: reader, suite: 'topic', edits: [
    ['this.publishes.shift().decided(true);', 'this.publishes.shift();'],
  ] },
  { name: 'the end of a reader does not let its publishers go', file: reader, suite: 'topic', edits: [
    ["while (this.publishes.size > 0) this.publishes.shift().decided(end !== 'slow' && end !== 'owner');", ''],
  ] },
  { name: 'who waits is not told of the end', file: reader, suite: 'topic', edits: [
    ['{ ask.end(); return; }', 'return;'],
  ] },
  { name: 'a lost message leaves no gap', file: reader, suite: 'topic', edits: [['this.gapBefore++;', '']] },
  { name: 'a gap stands before what came first', file: reader, suite: 'topic', edits: [
    ['this.gapAfter++;', 'this.gapBefore++;'],
  ] },
  { name: 'the newest is dropped in place of the oldest', file: reader, suite: 'topic', edits: [
    ['let oldest = this.items.shift();', 'let oldest = this.items.last(); this.items.pop();'],
  ] },
  { name: 'a message to one who waits is buffered as well', file: reader, suite: 'topic', edits: [
    ['asks.shift().give(this.shape(topic, message)); return Offer.Reached;',
      'asks.shift().give(this.shape(topic, message)); this.keep(this.shape(topic, message)); return Offer.Reached;'],
  ] },
  { name: 'what the dead leave behind vanishes', file: reader, suite: 'topic', edits: [
    ['bury(this.topic, message, this.of.owner, reason, from);', ''],
  ] },
  { name: 'a subscription that is over forgets its owner', file: subscriber, suite: 'topic', edits: [
    ['this.end !== undefined && this.there === 0', 'this.end !== undefined'],
  ] },
  { name: 'a subscription outlives its owner', file: subscriber, suite: 'topic', edits: [
    ['if (of.owner !== null) hold(of.owner, this);', ''],
  ] },
  { name: 'a handle does not see new patterns', file: topics, suite: 'topic', edits: [
    ['if (place.version !== patterns.version)', 'if (place.version < 0)'],
  ] },
  { name: '** wants one segment more', file: trie, suite: 'topic', edits: [
    ['if (node.rest !== null) push(found, node.rest.values);',
      'if (node.rest !== null && at < name.length) push(found, node.rest.values);'],
  ] },
  { name: '* matches no more where a name is known', file: trie, suite: 'topic', edits: [
    ['if (node.one !== null) collect', 'if (node.one !== null && named === null) collect'],
  ] },
  { name: 'the dead publish', file: topics, suite: 'topic', edits: [['if (fenced(from))', 'if (fenced(null))']] },
];
