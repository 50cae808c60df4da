/** One child in N copies, by key. */
export {
  type PartitionKey, partitionOf, partitionsOf, type PartitionSpec, partitionSupervisor,
  PartitionSupervisorRef,
} from './partition.js';
