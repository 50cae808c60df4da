/** Members whose promise does not reject, or is not ours; why. */
export const others: Readonly<Record<string, string>> = {
  'ProcessSelf.hibernate': 'never rejects', 'Sends.tryCall': 'never rejects',
  'ProcessVerbs.tryCall': 'never rejects', 'Receipt.settled': 'never rejects',
  'Service.close': 'never rejects', 'OnceOptions.reconcile': 'the user\'s',
  'Receipt.changes': 'never rejects', 'QueueConsumer.stop': 'never rejects', 'Subtree.stop': 'never rejects',
  'DeadLetters.feed': 'never rejects',
  'AnySupervisorRef.down': 'never rejects', 'AnySupervisorRef.ask': 'internal', 'AnySupervisorRef.paced': 'internal',
  'SystemTrees.stop': 'never rejects: bad options throw',
  'SystemTrees.done':
    'rejects when a tree is gone, and is to end the program when nobody looks at it',
  'Watch.down': 'never rejects', 'SubAgent.cancel': 'never rejects', 'AgentStream.return': 'never rejects',
  'HandleSpec.handle': 'the user\'s', Outcome: 'a type', Bindable: 'a type',
  'ApplicationSpec.start': 'the user\'s', 'ApplicationSpec.prepStop': 'the user\'s',
  SupervisorInit: 'the user\'s', DynamicInit: 'the user\'s', 'HealthOptions.check': 'the user\'s',
  simulate: 'a verdict of a test that nobody looks at must be loud', simulateMany: 'as simulate',
  'Simulation.sleep': 'never rejects', 'Simulation.settle': 'never rejects',
  'Probe.expect': 'an expectation that nobody looks at must be loud', 'Probe.expectOp': 'as expect',
  'Probe.expectDown': 'as expect', 'Probe.expectExit': 'as expect', 'Probe.expectNone': 'as expect',
  'Probe.wait': 'internal', 'Probe.next': 'internal',
};
