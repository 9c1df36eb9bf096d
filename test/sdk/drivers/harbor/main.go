// Replicates images as Harbor does with its adapter for SWR: the same requests with the same headers, and the answers read
// in the same way. The adapter itself (github.com/goharbor/harbor/src, pkg/reg/adapter/huawei, of 2026) is not built here,
// because the Go module proxy answers 403 for that module.
//
// A request a line of JSON on the input, an answer a line on the output, as the drivers of the SDKs beside do.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

type request struct {
	Operation string `json:"operation"`
	Fields    fields `json:"fields"`
}

type fields struct {
	From         login    `json:"from"`
	To           login    `json:"to"`
	Namespace    string   `json:"namespace"`
	Repository   string   `json:"repository"`
	Repositories []string `json:"repositories"`
	Reference    string   `json:"reference"`
	// Bytes of a chunk; 0 to send each blob whole.
	ChunkSize int64 `json:"chunkSize"`
}

type login struct {
	URL      string `json:"url"`
	Name     string `json:"name"`
	Password string `json:"password"`
}

// Code is what Harbor's log would say of a failure.
type answer struct {
	Status int         `json:"status"`
	Code   string      `json:"code,omitempty"`
	Body   interface{} `json:"body,omitempty"`
}

func main() {
	write(map[string]string{"adapter": "huawei-SWR"})
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var next request
		check(json.Unmarshal(lines.Bytes(), &next))
		body, err := call(next.Operation, next.Fields)
		if err != nil {
			write(answer{Status: 500, Code: err.Error()})
		} else {
			write(answer{Status: 200, Body: body})
		}
	}
	check(lines.Err())
}

func call(operation string, given fields) (interface{}, error) {
	target := newAdapter(given.To)
	switch operation {
	case "listNamespaces":
		return target.listNamespaces()
	case "getNamespace":
		return target.getNamespace(given.Namespace)
	case "prepareForPush":
		return nil, target.prepareForPush(given.Repositories)
	case "fetchArtifacts":
		return target.fetchArtifacts()
	case "manifestExist":
		return target.manifestExist(given.Repository, given.Reference)
	case "deleteManifest":
		return nil, target.deleteManifest(given.Repository, given.Reference)
	case "replicate":
		return replicate(newAdapter(given.From), target, given)
	}
	return nil, fmt.Errorf("there is no operation %s", operation)
}

// A replication policy without filters: everything that the source lists, into one namespace, the last part of each name kept.
func replicate(source, target *adapter, given fields) ([]string, error) {
	resources, err := source.fetchArtifacts()
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	targets := []string{}
	for _, resource := range resources {
		parts := strings.Split(resource.Name, "/")
		names[resource.Name] = given.Namespace + "/" + parts[len(parts)-1]
		targets = append(targets, names[resource.Name])
	}
	if err := target.prepareForPush(targets); err != nil {
		return nil, err
	}
	copied := []string{}
	for _, resource := range resources {
		for _, tag := range resource.Tags {
			transfer := transfer{source, target, resource.Name, names[resource.Name], given.ChunkSize}
			if err := transfer.copyArtifact(tag); err != nil {
				return copied, err
			}
			copied = append(copied, names[resource.Name]+":"+tag)
		}
	}
	return copied, nil
}

func write(value interface{}) {
	line, err := json.Marshal(value)
	check(err)
	fmt.Println(string(line))
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
