// Command hookonce proves whether a webhook endpoint processes every event exactly once.
package main

func main() {}
