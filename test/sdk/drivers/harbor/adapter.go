package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const jsonType = "application/json; charset=utf-8"

// What Harbor's adapter for SWR is: SWR's older API by Basic, manifests by a token of SWR's, all else by the registry API.
type adapter struct {
	*registry
	login login
}

func newAdapter(login login) *adapter {
	return &adapter{&registry{login: login, tokens: map[string]string{}}, login}
}

type namespace struct {
	ID          int64  `json:"id"`
	Name        string `json:"name"`
	CreatorName string `json:"creator_name,omitempty"`
	Auth        int    `json:"auth"`
	UserCount   int64  `json:"user_count"`
	ImageCount  int64  `json:"image_count"`
}

func (a *adapter) listNamespaces() ([]namespace, error) {
	var list struct {
		Namespaces []namespace `json:"namespaces"`
	}
	err := a.ask(http.MethodGet, "/dockyard/v2/visible/namespaces", "", &list)
	return list.Namespaces, err
}

func (a *adapter) getNamespace(name string) (namespace, error) {
	var found namespace
	err := a.ask(http.MethodGet, "/dockyard/v2/namespaces/"+name, "", &found)
	return found, err
}

// Makes the namespaces that are not there yet.
func (a *adapter) prepareForPush(repositories []string) error {
	missing := map[string]bool{}
	for _, repository := range repositories {
		name := strings.Split(repository, "/")[0]
		found, err := a.getNamespace(name)
		if err != nil {
			return err
		}
		if found.Name != name {
			missing[name] = true
		}
	}
	for name := range missing {
		body, err := json.Marshal(map[string]string{"namespace": name})
		check(err)
		if err := a.ask(http.MethodPost, "/dockyard/v2/namespaces", string(body), nil); err != nil {
			return err
		}
	}
	return nil
}

type listed struct {
	Name       string    `json:"name"`
	Category   string    `json:"category"`
	Size       int64     `json:"size"`
	IsPublic   bool      `json:"is_public"`
	NumImages  int64     `json:"num_images"`
	CreatedAt  time.Time `json:"created_at"`
	UpdatedAt  time.Time `json:"updated_at"`
	DomainName string    `json:"domain_name"`
	Namespace  string    `json:"namespace"`
	Tags       []string  `json:"tags"`
	Status     bool      `json:"status"`
	TotalRange int64     `json:"total_range"`
}

type resource struct {
	Name       string   `json:"name"`
	Tags       []string `json:"tags"`
	TotalRange int64    `json:"totalRange"`
}

func (a *adapter) fetchArtifacts() ([]resource, error) {
	found := []listed{}
	if err := a.ask(http.MethodGet, "/dockyard/v2/repositories?filter=center::self", "", &found); err != nil {
		return nil, err
	}
	resources := []resource{}
	for _, each := range found {
		resources = append(resources, resource{each.Namespace + "/" + each.Name, each.Tags, each.TotalRange})
	}
	return resources, nil
}

type existence struct {
	Exists    bool   `json:"exists"`
	MediaType string `json:"mediaType"`
	Size      int    `json:"size"`
}

// Asks for the manifest itself, without saying what types it accepts.
func (a *adapter) manifestExist(repository, reference string) (existence, error) {
	response, err := a.withToken(http.MethodGet, repository, reference)
	if err != nil {
		return existence{}, err
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusNotFound {
		return existence{}, nil
	}
	body, err := bodyOf(response)
	if err != nil {
		return existence{}, err
	}
	var manifest struct {
		SchemaVersion int `json:"schemaVersion"`
	}
	if err := json.Unmarshal(body, &manifest); err != nil {
		return existence{}, err
	}
	size, _ := strconv.Atoi(response.Header.Get("Content-Length"))
	return existence{true, response.Header.Get("Content-Type"), size}, nil
}

func (a *adapter) deleteManifest(repository, reference string) error {
	response, err := a.withToken(http.MethodDelete, repository, reference)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	_, err = bodyOf(response)
	return err
}

func (a *adapter) withToken(method, repository, reference string) (*http.Response, error) {
	var token struct {
		Token     string    `json:"token"`
		ExpiresIn int       `json:"expires_in"`
		IssuedAt  time.Time `json:"issued_at"`
	}
	path := fmt.Sprintf("/swr/auth/v2/registry/auth?scope=repository:%s:push,pull", repository)
	if err := a.ask(http.MethodGet, path, "", &token); err != nil {
		return nil, err
	}
	request, err := http.NewRequest(method, fmt.Sprintf("%s/v2/%s/manifests/%s", a.login.URL, repository, reference), nil)
	check(err)
	request.Header.Add("content-type", jsonType)
	request.Header.Add("Authorization", "Bearer "+token.Token)
	return http.DefaultClient.Do(request)
}

// Sends a request by Basic and reads JSON.
func (a *adapter) ask(method, path, body string, into interface{}) error {
	var content io.Reader
	if body != "" {
		content = strings.NewReader(body)
	}
	request, err := http.NewRequest(method, a.login.URL+path, content)
	check(err)
	request.Header.Add("content-type", jsonType)
	request.SetBasicAuth(a.login.Name, a.login.Password)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := bodyOf(response)
	if err != nil || into == nil {
		return err
	}
	return json.Unmarshal(text, into)
}

// The body of an answer that has to be 2xx; otherwise the error is what Harbor logs.
func bodyOf(response *http.Response) ([]byte, error) {
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	if response.StatusCode < 200 || response.StatusCode >= 300 {
		return nil, fmt.Errorf("[%d][%s]", response.StatusCode, body)
	}
	return body, nil
}
