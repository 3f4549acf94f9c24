// A bucket of any number of objects that are made up when they are asked for, with a pause before each answer, so that the
// client is what is measured. It speaks as much of S3 as listing and ranged GETs want.
//
//	go run tests/servers/load.go -port 9000 -objects 32000 -pause 20ms
//
// s3://load/images/ has that many CT images of 512 KiB, 200 in a series; s3://load/empty/ as many keys without content.
package main

import (
	"bytes"
	"encoding/binary"
	"flag"
	"fmt"
	"log"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	pageKeys    = 1000
	seriesSize  = 200
	objectBytes = 512 << 10
)

var (
	port    = flag.Int("port", 9000, "port on 127.0.0.1")
	objects = flag.Int("objects", 32000, "objects in the bucket")
	pause   = flag.Duration("pause", 0, "pause before each answer")
)

func element(group, number uint16, vr, value string) []byte {
	if len(value)%2 == 1 {
		value += "\x00"
	}
	head := binary.LittleEndian.AppendUint16(nil, group)
	head = binary.LittleEndian.AppendUint16(head, number)
	head = append(head, vr...)
	head = binary.LittleEndian.AppendUint16(head, uint16(len(value)))
	return append(head, value...)
}

// An image with its header; what is behind it are zeros.
func header(number int) []byte {
	series := number / seriesSize
	var file bytes.Buffer
	file.Write(make([]byte, 128))
	file.WriteString("DICM")
	syntax := element(2, 0x10, "UI", "1.2.840.10008.1.2.1")
	file.Write(element(2, 0, "UL", string(binary.LittleEndian.AppendUint32(nil, uint32(len(syntax))))))
	file.Write(syntax)
	file.Write(element(8, 0x16, "UI", "1.2.840.10008.5.1.4.1.1.2"))
	file.Write(element(8, 0x18, "UI", fmt.Sprintf("1.2.3.%d.1.%d", series, number)))
	file.Write(element(8, 0x20, "DA", "20240101"))
	file.Write(element(8, 0x60, "CS", "CT"))
	file.Write(element(0x10, 0x10, "PN", fmt.Sprintf("Name%d^Given", series)))
	file.Write(element(0x10, 0x20, "LO", fmt.Sprintf("P%d", series)))
	file.Write(element(0x20, 0x0d, "UI", fmt.Sprintf("1.2.3.%d", series)))
	file.Write(element(0x20, 0x0e, "UI", fmt.Sprintf("1.2.3.%d.1", series)))
	file.Write(element(0x20, 0x11, "IS", "1"))
	file.Write(element(0x20, 0x13, "IS", strconv.Itoa(number%seriesSize+1)))
	file.Write([]byte{0xe0, 0x7f, 0x10, 0, 'O', 'W', 0, 0})
	file.Write(binary.LittleEndian.AppendUint32(nil, uint32(objectBytes-file.Len()-4)))
	return file.Bytes()
}

func list(answer http.ResponseWriter, request *http.Request) {
	query := request.URL.Query()
	start, _ := strconv.Atoi(query.Get("continuation-token"))
	folder, size := "images", objectBytes
	if strings.HasPrefix(query.Get("prefix"), "empty") {
		folder, size = "empty", 0
	}
	var page bytes.Buffer
	end := min(start+pageKeys, *objects)
	fmt.Fprintf(&page, "<ListBucketResult><IsTruncated>%t</IsTruncated>", end < *objects)
	for number := start; number < end; number++ {
		fmt.Fprintf(&page, "<Contents><Key>%s/%09d.dcm</Key><LastModified>2024-01-01T00:00:00.000Z</LastModified>"+
			"<ETag>&quot;%d&quot;</ETag><Size>%d</Size></Contents>", folder, number, number, size)
	}
	if end < *objects {
		fmt.Fprintf(&page, "<NextContinuationToken>%d</NextContinuationToken>", end)
	}
	page.WriteString("</ListBucketResult>")
	answer.Header().Set("Content-Type", "application/xml")
	answer.Write(page.Bytes())
}

func object(answer http.ResponseWriter, request *http.Request) {
	name := request.URL.Path[strings.LastIndex(request.URL.Path, "/")+1:]
	number, err := strconv.Atoi(strings.TrimSuffix(name, ".dcm"))
	var start, end int
	fmt.Sscanf(request.Header.Get("Range"), "bytes=%d-%d", &start, &end)
	if err != nil || number >= *objects || start >= objectBytes {
		http.Error(answer, "", http.StatusNotFound)
		return
	}
	end = min(end+1, objectBytes)
	body := make([]byte, end-start)
	if head := header(number); start < len(head) {
		copy(body, head[start:])
	}
	told := answer.Header()
	told.Set("Etag", strconv.Quote(strconv.Itoa(number)))
	told.Set("Last-Modified", "Mon, 01 Jan 2024 00:00:00 GMT")
	told.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", start, end-1, objectBytes))
	told.Set("Content-Length", strconv.Itoa(len(body)))
	told.Set("Content-Type", "application/dicom")
	answer.WriteHeader(http.StatusPartialContent)
	answer.Write(body)
}

func main() {
	flag.Parse()
	serve := func(answer http.ResponseWriter, request *http.Request) {
		time.Sleep(*pause)
		if request.URL.Query().Has("list-type") {
			list(answer, request)
		} else {
			object(answer, request)
		}
	}
	log.Fatal(http.ListenAndServe(fmt.Sprintf("127.0.0.1:%d", *port), http.HandlerFunc(serve)))
}
