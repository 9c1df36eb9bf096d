package main

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Copies an artifact as Harbor's jobs do, replacing what the target has.
type transfer struct {
	source, target          *adapter
	repository, repository2 string
	chunkSize               int64
}

type descriptor struct {
	MediaType string `json:"mediaType"`
	Digest    string `json:"digest"`
	Size      int64  `json:"size"`
}

func (t transfer) copyArtifact(reference string) error {
	text, mediaType, err := t.source.pullManifest(t.repository, reference)
	if err != nil {
		return err
	}
	// The answer has no digest, so that what is there already is sent again.
	if _, err := t.target.manifestExist(t.repository2, reference); err != nil {
		return err
	}
	var manifest struct {
		Config    *descriptor  `json:"config"`
		Layers    []descriptor `json:"layers"`
		Manifests []descriptor `json:"manifests"`
	}
	if err := json.Unmarshal(text, &manifest); err != nil {
		return err
	}
	for _, child := range manifest.Manifests {
		if err := t.copyArtifact(child.Digest); err != nil {
			return err
		}
	}
	if manifest.Config != nil {
		manifest.Layers = append([]descriptor{*manifest.Config}, manifest.Layers...)
	}
	for _, blob := range manifest.Layers {
		if strings.HasSuffix(blob.MediaType, "foreign.diff.tar.gzip") {
			continue
		}
		if err := t.copyBlob(blob); err != nil {
			return err
		}
	}
	return t.target.pushManifest(t.repository2, reference, mediaType, text)
}

func (t transfer) copyBlob(blob descriptor) error {
	exists, err := t.target.blobExist(t.repository2, blob.Digest)
	if err != nil || exists {
		return err
	}
	if t.chunkSize == 0 || blob.Size <= t.chunkSize {
		return t.copyWhole(blob)
	}
	location := ""
	for start := int64(0); start < blob.Size; start += t.chunkSize {
		end := min(start+t.chunkSize, blob.Size) - 1
		bytes, err := t.source.pullBlob(t.repository, blob.Digest, fmt.Sprintf("bytes=%d-%d", start, end))
		if err != nil {
			return err
		}
		if start == 0 {
			if location, err = t.target.openUpload(t.repository2); err != nil {
				return err
			}
		}
		digest := ""
		if end == blob.Size-1 {
			digest = blob.Digest
		}
		location, err = t.target.upload(location, digest, bytes, end-start+1, fmt.Sprintf("%d-%d", start, end))
		bytes.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

func (t transfer) copyWhole(blob descriptor) error {
	bytes, err := t.source.pullBlob(t.repository, blob.Digest, "")
	if err != nil {
		return err
	}
	defer bytes.Close()
	location, err := t.target.openUpload(t.repository2)
	if err != nil {
		return err
	}
	_, err = t.target.upload(location, blob.Digest, bytes, blob.Size, "")
	return err
}
