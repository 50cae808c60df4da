const ROOMS_MAX = 12;
const WAYS = ['deliver', 'message', 'enqueue', 'call'] as const;

export const ROOMS: readonly string[] = Array.from({ length: ROOMS_MAX }, (_, room) => `chat/room-${room}`);
/** An id goes to one room, in one way. */
export const roomOf = (id: number): string => ROOMS[Math.floor(id / WAYS.length) % ROOMS_MAX] as string;
export const wayOf = (id: number): (typeof WAYS)[number] => WAYS[id % WAYS.length] as (typeof WAYS)[number];
