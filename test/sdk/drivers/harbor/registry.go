package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

var accepts = []string{
	"application/vnd.oci.image.index.v1+json",
	"application/vnd.docker.distribution.manifest.list.v2+json",
	"application/vnd.oci.image.manifest.v1+json",
	"application/vnd.docker.distribution.manifest.v2+json",
	"application/vnd.docker.distribution.manifest.v1+prettyjws",
	"application/vnd.docker.distribution.manifest.v1+json",
}

// What Harbor has for any registry: it asks /v2/ once who gives tokens, and then there for each scope.
type registry struct {
	login   login
	realm   string
	service string
	tokens  map[string]string
}

var (
	challenge = regexp.MustCompile(`(realm|service)="([^"]*)"`)
	named     = regexp.MustCompile(`/v2/(.+)/(?:manifests|blobs)/`)
)

func (r *registry) authorize(request *http.Request) error {
	if r.realm == "" {
		response, err := http.Get(r.login.URL + "/v2/")
		if err != nil {
			return err
		}
		response.Body.Close()
		for _, found := range challenge.FindAllStringSubmatch(response.Header.Get("WWW-Authenticate"), -1) {
			if found[1] == "realm" {
				r.realm = found[2]
			} else {
				r.service = found[2]
			}
		}
	}
	actions := "pull"
	if request.Method != http.MethodGet && request.Method != http.MethodHead {
		actions = "pull,push"
	}
	scope := fmt.Sprintf("repository:%s:%s", named.FindStringSubmatch(request.URL.Path)[1], actions)
	if r.tokens[scope] == "" {
		query := url.Values{"service": {r.service}, "scope": {scope}}
		asking, err := http.NewRequest(http.MethodGet, r.realm+"?"+query.Encode(), nil)
		check(err)
		asking.SetBasicAuth(r.login.Name, r.login.Password)
		response, err := http.DefaultClient.Do(asking)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		body, err := bodyOf(response)
		if err != nil {
			return err
		}
		var token struct {
			Token string `json:"token"`
		}
		if err := json.Unmarshal(body, &token); err != nil {
			return err
		}
		r.tokens[scope] = token.Token
	}
	request.Header.Add("Authorization", "Bearer "+r.tokens[scope])
	return nil
}

func (r *registry) do(method, location string, body io.Reader, length int64, headers map[string]string) (*http.Response, error) {
	if !strings.Contains(location, "://") {
		location = r.login.URL + location
	}
	request, err := http.NewRequest(method, location, body)
	check(err)
	if body != nil {
		request.ContentLength = length
	}
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	if strings.Contains(request.URL.Path, "/manifests/") && method != http.MethodPut {
		for _, mediaType := range accepts {
			request.Header.Add("Accept", mediaType)
		}
	}
	if err := r.authorize(request); err != nil {
		return nil, err
	}
	request.Header.Set("User-Agent", "harbor-registry-client")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode < 200 || response.StatusCode > 299 {
		defer response.Body.Close()
		text, _ := io.ReadAll(response.Body)
		return response, fmt.Errorf("http status code: %d, body: %s", response.StatusCode, text)
	}
	return response, nil
}

// The text of a manifest, and its type.
func (r *registry) pullManifest(repository, reference string) ([]byte, string, error) {
	response, err := r.do(http.MethodGet, fmt.Sprintf("/v2/%s/manifests/%s", repository, reference), nil, 0, nil)
	if err != nil {
		return nil, "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return text, response.Header.Get("Content-Type"), err
}

func (r *registry) pushManifest(repository, reference, mediaType string, text []byte) error {
	path := fmt.Sprintf("/v2/%s/manifests/%s", repository, reference)
	headers := map[string]string{"Content-Type": mediaType}
	response, err := r.do(http.MethodPut, path, bytes.NewReader(text), int64(len(text)), headers)
	if err == nil {
		response.Body.Close()
	}
	return err
}

func (r *registry) blobExist(repository, digest string) (bool, error) {
	response, err := r.do(http.MethodHead, fmt.Sprintf("/v2/%s/blobs/%s", repository, digest), nil, 0, nil)
	if response != nil && response.StatusCode == http.StatusNotFound {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	response.Body.Close()
	return true, nil
}

// The whole of a blob, or the bytes of a range.
func (r *registry) pullBlob(repository, digest, byteRange string) (io.ReadCloser, error) {
	headers := map[string]string{"Accept-Encoding": "identity"}
	if byteRange != "" {
		headers["Range"] = byteRange
	}
	response, err := r.do(http.MethodGet, fmt.Sprintf("/v2/%s/blobs/%s", repository, digest), nil, 0, headers)
	if err != nil {
		return nil, err
	}
	return response.Body, nil
}

func (r *registry) openUpload(repository string) (string, error) {
	headers := map[string]string{"Content-Length": "0"}
	response, err := r.do(http.MethodPost, fmt.Sprintf("/v2/%s/blobs/uploads/", repository), nil, 0, headers)
	if err != nil {
		return "", err
	}
	response.Body.Close()
	return response.Header.Get("Location"), nil
}

// Sends the bytes of a range, by PUT with the digest when it is the last one.
func (r *registry) upload(location, digest string, bytes io.Reader, length int64, contentRange string) (string, error) {
	method := http.MethodPatch
	if digest != "" {
		method = http.MethodPut
		parsed, err := url.Parse(location)
		if err != nil {
			return "", err
		}
		query := parsed.Query()
		query.Set("digest", digest)
		parsed.RawQuery = query.Encode()
		location = parsed.String()
	}
	headers := map[string]string{}
	if contentRange != "" {
		headers["Content-Range"] = contentRange
	}
	response, err := r.do(method, location, bytes, length, headers)
	if err != nil {
		return "", err
	}
	response.Body.Close()
	return response.Header.Get("Location"), nil
}
