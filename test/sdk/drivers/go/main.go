// Calls Huawei's SDK for SWR: a request a line of JSON on the input, an answer a line on the output, as the Python driver
// beside does. All operations are called by their names, so that none of the SDK's is left out here.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"reflect"
	"sort"
	"strings"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/basic"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/config"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/httphandler"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/sdkerr"
	swr "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/swr/v2"
)

type request struct {
	Operation string          `json:"operation"`
	Fields    json.RawMessage `json:"fields"`
}

type answer struct {
	Status      int             `json:"status"`
	Code        string          `json:"code,omitempty"`
	Body        json.RawMessage `json:"body,omitempty"`
	Differences []string        `json:"differences"`
}

// The body of the last answer, as it came.
var raw []byte

func main() {
	credentials, err := basic.NewCredentialsBuilder().WithAk(os.Getenv("AK")).WithSk(os.Getenv("SK")).
		WithProjectId(os.Getenv("PROJECT_ID")).SafeBuild()
	check(err)
	keepRaw := httphandler.NewHttpHandler().AddResponseHandler(func(response http.Response) {
		raw, _ = io.ReadAll(response.Body)
	})
	hc, err := swr.SwrClientBuilder().WithCredential(credentials).WithEndpoint(os.Getenv("REGISTRY")).
		WithHttpConfig(config.DefaultHttpConfig().WithHttpHandler(keepRaw)).SafeBuild()
	check(err)
	client := reflect.ValueOf(swr.NewSwrClient(hc))

	write(map[string][]string{"operations": operations(client.Type())})
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var next request
		check(json.Unmarshal(lines.Bytes(), &next))
		write(call(client, next))
	}
	check(lines.Err())
}

// All operations of the client, those of the enterprise edition too: only its paths tell them apart.
func operations(client reflect.Type) []string {
	names := []string{}
	for at := 0; at < client.NumMethod(); at++ {
		name := client.Method(at).Name
		if !strings.HasSuffix(name, "Invoker") {
			names = append(names, lowerFirst(name))
		}
	}
	return names
}

func call(client reflect.Value, next request) answer {
	method := client.MethodByName(upperFirst(next.Operation))
	if !method.IsValid() {
		check(fmt.Errorf("the SDK has no operation %s", next.Operation))
	}
	fields := reflect.New(method.Type().In(0).Elem())
	check(json.Unmarshal(next.Fields, fields.Interface()))
	raw = nil
	results := method.Call([]reflect.Value{fields})
	if err, _ := results[1].Interface().(error); err != nil {
		var refusal *sdkerr.ServiceResponseError
		if errors.As(err, &refusal) {
			return answer{Status: refusal.StatusCode, Code: refusal.ErrorCode, Differences: []string{}}
		}
		check(fmt.Errorf("%s: %w", next.Operation, err))
	}
	found := map[string]bool{}
	body := raw
	if len(bytes.TrimSpace(body)) == 0 {
		body = []byte("{}")
	}
	var value interface{}
	check(json.Unmarshal(body, &value))
	compare(modelOf(results[0].Type().Elem()), value, next.Operation, found)
	status := results[0].Elem().FieldByName("HttpStatusCode").Int()
	return answer{Status: int(status), Body: body, Differences: sorted(found)}
}

// Of a list, `body` stands for the whole answer.
func modelOf(kind reflect.Type) reflect.Type {
	if body, ok := kind.FieldByName("Body"); ok {
		return body.Type
	}
	return kind
}

// Notes how a value differs from a type: fields too many and too few, and what has another type.
func compare(kind reflect.Type, value interface{}, at string, found map[string]bool) {
	for kind.Kind() == reflect.Ptr {
		kind = kind.Elem()
	}
	if kind.Kind() == reflect.Struct {
		// An enumeration is a structure of one unexported value.
		if only, ok := kind.FieldByName("value"); ok && kind.NumField() == 1 {
			kind = only.Type
		}
	}
	switch {
	case value == nil:
		found[at+" is null"] = true
		return
	case kind.Kind() == reflect.Interface:
		return
	}
	switch actual := value.(type) {
	case []interface{}:
		if kind.Kind() != reflect.Slice {
			found[at+" is a list"] = true
			return
		}
		for _, each := range actual {
			compare(kind.Elem(), each, at+"[]", found)
		}
	case map[string]interface{}:
		switch {
		case kind.Kind() == reflect.Map:
			for _, each := range actual {
				compare(kind.Elem(), each, at+".*", found)
			}
		case kind.Kind() == reflect.Struct && kind.NumField() > 0:
			compareFields(kind, actual, at, found)
		default:
			found[at+" is an object"] = true
		}
	case string:
		if kind.Kind() != reflect.String {
			found[at+" is a text"] = true
		}
	case bool:
		if kind.Kind() != reflect.Bool {
			found[at+" is a boolean"] = true
		}
	case float64:
		isWhole := actual == float64(int64(actual))
		isInteger := kind.Kind() == reflect.Int32 || kind.Kind() == reflect.Int64
		if !(isInteger && isWhole) && kind.Kind() != reflect.Float32 && kind.Kind() != reflect.Float64 {
			found[at+" is a number"] = true
		}
	}
}

func compareFields(kind reflect.Type, value map[string]interface{}, at string, found map[string]bool) {
	known := map[string]reflect.Type{}
	for index := 0; index < kind.NumField(); index++ {
		field := kind.Field(index)
		name := strings.Split(field.Tag.Get("json"), ",")[0]
		isHeader := name == "Content-Range" || strings.HasPrefix(strings.ToLower(name), "x-")
		if name != "" && name != "-" && field.Name != "HttpStatusCode" && !isHeader {
			known[name] = field.Type
		}
	}
	for name, each := range value {
		if inner, ok := known[name]; ok {
			compare(inner, each, at+"."+name, found)
		} else {
			found[at+"."+name+" is not in the model"] = true
		}
	}
	for name := range known {
		if _, ok := value[name]; !ok {
			found[at+"."+name+" is missing"] = true
		}
	}
}

func sorted(set map[string]bool) []string {
	list := []string{}
	for text := range set {
		list = append(list, text)
	}
	sort.Strings(list)
	return list
}

func upperFirst(name string) string { return strings.ToUpper(name[:1]) + name[1:] }
func lowerFirst(name string) string { return strings.ToLower(name[:1]) + name[1:] }

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
