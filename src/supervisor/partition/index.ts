/** One child in N copies, by key. */
export {
  partitionOf, partitionsOf, type PartitionSpec, partitionSupervisor, PartitionSupervisorRef,
} from './partition.js';
