/** Seconds for requests in flight after the API server has said that it is leaving; with less the kubelet kills one that is still closing its connections. */
export const drainSeconds = 65

/**
 * Time in which an API server that is leaving ends its watches, little by little. Unset, it waits for them, those of its own informers too,
 * until the whole time for requests is over: a clean stop takes more than a minute.
 */
export const watchDrain = '5s'
