/** What fields of the API are called where a sentence names one. English has the API's own names. */
const fieldNames: Record<string, string> = {};

export default fieldNames;
