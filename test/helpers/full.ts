/** True where the large counts are asked for: `make test-full`. */
export const isFull = process.env['PORT_TICKER_TEST_FULL'] !== undefined;
