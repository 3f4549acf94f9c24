//! The sample study with logical references, word for word in every release. Line ends and indents are for the reader.

use super::*;
use crate::fhir::release::{R4, R4B, R5, R6_BALLOT2, R6_BALLOT5};
use crate::fhir::sample;

/// A golden as the tool writes it.
fn unfold(golden: &str) -> String {
    golden.lines().map(str::trim_start).collect()
}

fn written(release: &Release) -> String {
    study_text(&linked(sample::maximal(), release, References::Logical), release)
}

#[test]
fn r4_and_r4b_are_written_word_for_word() {
    assert_eq!(written(&R4), unfold(IN_R4));
    assert_eq!(written(&R4B), unfold(IN_R4));
}

#[test]
fn r5_is_written_word_for_word() {
    assert_eq!(written(&R5), unfold(IN_R5));
}

#[test]
fn ballot2_is_r5_with_an_oid_for_the_sop_class() {
    let mut want = unfold(IN_R5);
    for (in_r5, in_ballot2) in [
        (
            r#""sopClass":{"system":"urn:ietf:rfc:3986","code":"urn:oid:1.2.840.10008.5.1.4.1.1.2"}"#,
            r#""sopClass":"urn:oid:1.2.840.10008.5.1.4.1.1.2""#,
        ),
        (
            r#""sopClass":{"system":"urn:ietf:rfc:3986","code":"urn:oid:1.2.840.10008.5.1.4.1.1.7"}"#,
            r#""sopClass":"urn:oid:1.2.840.10008.5.1.4.1.1.7""#,
        ),
        (
            r#""sopClass":{"system":"urn:ietf:rfc:3986","code":"urn:oid:1.2.840.10008.5.1.4.1.1.2.1"}"#,
            r#""sopClass":"urn:oid:1.2.840.10008.5.1.4.1.1.2.1""#,
        ),
        (
            r#""sopClass":{"code":"CT Image"}"#,
            r#""_sopClass":{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","valueCode":"error"}]}"#,
        ),
        (r#""sopClass":{"extension""#, r#""_sopClass":{"extension""#),
    ] {
        assert!(want.contains(in_r5), "{in_r5}");
        want = want.replace(in_r5, in_ballot2);
    }
    assert_eq!(written(&R6_BALLOT2), want);
}

#[test]
fn ballot5_is_written_word_for_word() {
    assert_eq!(written(&R6_BALLOT5), unfold(IN_R6_BALLOT5));
}

const IN_R4: &str = r##"{
  "resourceType":"ImagingStudy",
  "id":"1.2.3",
  "contained":[
    {
      "resourceType":"Endpoint",
      "id":"0cff43b2-8b7e-5f00-a48b-3b78ac522c18",
      "status":"active",
      "connectionType":{
        "system":"http://terminology.hl7.org/CodeSystem/endpoint-connection-type",
        "code":"dicom-wado-rs"
      },
      "payloadType":[{"text":"DICOM WADO-RS"}],
      "address":"https://pacs.example/dicomweb"
    },
    {
      "resourceType":"Endpoint",
      "id":"3e9bcff9-7a60-5bd8-8c95-b42472d7c126",
      "status":"active",
      "connectionType":{
        "system":"http://terminology.hl7.org/CodeSystem/endpoint-connection-type",
        "code":"ihe-iid"
      },
      "payloadType":[{"text":"IHE Invoke Image Display"}],
      "address":"https://pacs.example/dicomweb"
    }
  ],
  "identifier":[
    {
      "use":"official",
      "type":{
        "coding":[
          {
            "system":"http://dicom.nema.org/resources/ontology/DCM",
            "code":"110180",
            "display":"Study Instance UID"
          }
        ]
      },
      "system":"urn:dicom:uid",
      "value":"urn:oid:1.2.3"
    },
    {
      "type":{
        "coding":[
          {"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"ACSN","display":"Accession ID"}
        ]
      },
      "system":"urn:oid:1.2.99",
      "value":"A-17"
    },
    {"value":"S1"}
  ],
  "status":"available",
  "modality":[
    {"code":"XX"},
    {"system":"http://dicom.nema.org/resources/ontology/DCM","code":"CT","display":"Computed Tomography"}
  ],
  "subject":{
    "type":"Patient",
    "identifier":{
      "type":{
        "coding":[
          {
            "system":"http://terminology.hl7.org/CodeSystem/v2-0203",
            "code":"MR",
            "display":"Medical record number"
          }
        ]
      },
      "value":"4711",
      "assigner":{"display":"City Hospital"}
    },
    "display":"Yamada, Tarou"
  },
  "encounter":{
    "type":"Encounter",
    "identifier":{
      "type":{
        "coding":[
          {"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"VN","display":"Visit number"}
        ]
      },
      "system":"urn:oid:1.2.98",
      "value":"V|1,2"
    }
  },
  "started":"2024-02-29T07:05:09.25+01:00",
  "basedOn":[
    {
      "type":"ServiceRequest",
      "identifier":{
        "type":{
          "coding":[
            {"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"ACSN","display":"Accession ID"}
          ]
        },
        "system":"urn:oid:1.2.99",
        "value":"A-17"
      }
    }
  ],
  "referrer":{"type":"Practitioner","display":"Refer, Rita"},
  "interpreter":[
    {
      "type":"Practitioner",
      "identifier":{"system":"http://hospital.example/staff","value":"R7"},
      "display":"Read, Rob"
    }
  ],
  "endpoint":[
    {"reference":"#0cff43b2-8b7e-5f00-a48b-3b78ac522c18","type":"Endpoint"},
    {"reference":"#3e9bcff9-7a60-5bd8-8c95-b42472d7c126","type":"Endpoint"}
  ],
  "numberOfSeries":3,
  "numberOfInstances":5,
  "procedureCode":[
    {"coding":[{"system":"http://snomed.info/sct","code":"77477000","display":"Computed tomography"}]}
  ],
  "location":{"type":"Location","display":"Radiology"},
  "reasonCode":[
    {"coding":[{"system":"http://snomed.info/sct","code":"25064002","display":"Headache"}]},
    {"text":"fall"}
  ],
  "note":[{"text":"line one\nline \"two\""}],
  "description":"CT of the knee",
  "series":[
    {
      "uid":"1.2.3.1",
      "number":3,
      "modality":{
        "system":"http://dicom.nema.org/resources/ontology/DCM",
        "code":"CT",
        "display":"Computed Tomography"
      },
      "description":"axial 1 mm",
      "numberOfInstances":3,
      "endpoint":[{"reference":"#0cff43b2-8b7e-5f00-a48b-3b78ac522c18","type":"Endpoint"}],
      "bodySite":{"system":"http://snomed.info/sct","code":"72696002","display":"Knee"},
      "laterality":{"system":"http://snomed.info/sct","code":"7771000","display":"Left"},
      "specimen":[{"type":"Specimen","identifier":{"value":"SP1"}}],
      "started":"2024-02-29T08:05:09.25+01:00",
      "performer":[
        {
          "function":{
            "coding":[
              {
                "system":"http://terminology.hl7.org/CodeSystem/v3-ParticipationType",
                "code":"PRF",
                "display":"performer"
              }
            ]
          },
          "actor":{"type":"Practitioner","display":"Scan, Sam"}
        },
        {
          "function":{
            "coding":[
              {
                "system":"http://terminology.hl7.org/CodeSystem/v3-ParticipationType",
                "code":"SPRF",
                "display":"secondary performer"
              }
            ]
          },
          "actor":{"type":"Practitioner","display":"Scan, Sam"}
        },
        {"actor":{"type":"Device","display":"ACME Scan 3000"}},
        {
          "actor":{
            "type":"Organization",
            "identifier":{"system":"urn:oid:1.2.97","value":"H1"},
            "display":"City Hospital"
          }
        }
      ],
      "instance":[
        {
          "uid":"1.2.3.1.1",
          "sopClass":{"system":"urn:ietf:rfc:3986","code":"urn:oid:1.2.840.10008.5.1.4.1.1.2"},
          "number":1,
          "title":"ORIGINAL\\PRIMARY\\AXIAL"
        },
        {"uid":"1.2.3.1.2","sopClass":{"code":"CT Image"}},
        {
          "uid":"1.2.3.1.3",
          "sopClass":{
            "extension":[
              {"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","valueCode":"unknown"}
            ]
          }
        }
      ]
    },
    {
      "uid":"1.2.3.2",
      "modality":{
        "extension":[
          {"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","valueCode":"unknown"}
        ]
      },
      "numberOfInstances":1,
      "instance":[
        {
          "uid":"1.2.3.2.1",
          "sopClass":{"system":"urn:ietf:rfc:3986","code":"urn:oid:1.2.840.10008.5.1.4.1.1.7"},
          "number":7
        }
      ]
    },
    {
      "uid":"1.2.3.3",
      "modality":{"code":"XX"},
      "numberOfInstances":1,
      "bodySite":{"display":"LEFT TOE"},
      "instance":[
        {
          "uid":"1.2.3.3.1",
          "sopClass":{"system":"urn:ietf:rfc:3986","code":"urn:oid:1.2.840.10008.5.1.4.1.1.2.1"},
          "number":0,
          "title":"a"
        }
      ]
    }
  ]
}"##;

const IN_R5: &str = r##"{
  "resourceType":"ImagingStudy",
  "id":"1.2.3",
  "contained":[
    {
      "resourceType":"Endpoint",
      "id":"0cff43b2-8b7e-5f00-a48b-3b78ac522c18",
      "status":"active",
      "connectionType":[
        {
          "coding":[
            {"system":"http://terminology.hl7.org/CodeSystem/endpoint-connection-type","code":"dicom-wado-rs"}
          ]
        }
      ],
      "payload":[{"type":[{"text":"DICOM WADO-RS"}]}],
      "address":"https://pacs.example/dicomweb"
    },
    {
      "resourceType":"Endpoint",
      "id":"3e9bcff9-7a60-5bd8-8c95-b42472d7c126",
      "status":"active",
      "connectionType":[
        {
          "coding":[
            {"system":"http://terminology.hl7.org/CodeSystem/endpoint-connection-type","code":"ihe-iid"}
          ]
        }
      ],
      "payload":[{"type":[{"text":"IHE Invoke Image Display"}]}],
      "address":"https://pacs.example/dicomweb"
    }
  ],
  "identifier":[
    {
      "use":"official",
      "type":{
        "coding":[
          {
            "system":"http://dicom.nema.org/resources/ontology/DCM",
            "code":"110180",
            "display":"Study Instance UID"
          }
        ]
      },
      "system":"urn:dicom:uid",
      "value":"urn:oid:1.2.3"
    },
    {
      "type":{
        "coding":[
          {"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"ACSN","display":"Accession ID"}
        ]
      },
      "system":"urn:oid:1.2.99",
      "value":"A-17"
    },
    {"value":"S1"}
  ],
  "status":"available",
  "modality":[
    {"text":"XX"},
    {
      "coding":[
        {"system":"http://dicom.nema.org/resources/ontology/DCM","code":"CT","display":"Computed Tomography"}
      ]
    }
  ],
  "subject":{
    "type":"Patient",
    "identifier":{
      "type":{
        "coding":[
          {
            "system":"http://terminology.hl7.org/CodeSystem/v2-0203",
            "code":"MR",
            "display":"Medical record number"
          }
        ]
      },
      "value":"4711",
      "assigner":{"display":"City Hospital"}
    },
    "display":"Yamada, Tarou"
  },
  "encounter":{
    "type":"Encounter",
    "identifier":{
      "type":{
        "coding":[
          {"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"VN","display":"Visit number"}
        ]
      },
      "system":"urn:oid:1.2.98",
      "value":"V|1,2"
    }
  },
  "started":"2024-02-29T07:05:09.25+01:00",
  "basedOn":[
    {
      "type":"ServiceRequest",
      "identifier":{
        "type":{
          "coding":[
            {"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"ACSN","display":"Accession ID"}
          ]
        },
        "system":"urn:oid:1.2.99",
        "value":"A-17"
      }
    }
  ],
  "partOf":[{"type":"Procedure","identifier":{"system":"urn:dicom:uid","value":"urn:oid:1.2.3.99"}}],
  "referrer":{"type":"Practitioner","display":"Refer, Rita"},
  "endpoint":[
    {"reference":"#0cff43b2-8b7e-5f00-a48b-3b78ac522c18","type":"Endpoint"},
    {"reference":"#3e9bcff9-7a60-5bd8-8c95-b42472d7c126","type":"Endpoint"}
  ],
  "numberOfSeries":3,
  "numberOfInstances":5,
  "procedure":[
    {
      "concept":{
        "coding":[{"system":"http://snomed.info/sct","code":"77477000","display":"Computed tomography"}]
      }
    }
  ],
  "location":{"type":"Location","display":"Radiology"},
  "reason":[
    {"concept":{"coding":[{"system":"http://snomed.info/sct","code":"25064002","display":"Headache"}]}},
    {"concept":{"text":"fall"}}
  ],
  "note":[{"text":"line one\nline \"two\""}],
  "description":"CT of the knee",
  "series":[
    {
      "uid":"1.2.3.1",
      "number":3,
      "modality":{
        "coding":[
          {
            "system":"http://dicom.nema.org/resources/ontology/DCM",
            "code":"CT",
            "display":"Computed Tomography"
          }
        ]
      },
      "description":"axial 1 mm",
      "numberOfInstances":3,
      "endpoint":[{"reference":"#0cff43b2-8b7e-5f00-a48b-3b78ac522c18","type":"Endpoint"}],
      "bodySite":{
        "concept":{
          "coding":[{"system":"http://snomed.info/sct","code":"72696002","display":"Knee"}],
          "text":"Left knee"
        }
      },
      "laterality":{"coding":[{"system":"http://snomed.info/sct","code":"7771000","display":"Left"}]},
      "specimen":[{"type":"Specimen","identifier":{"value":"SP1"}}],
      "started":"2024-02-29T08:05:09.25+01:00",
      "performer":[
        {
          "function":{
            "coding":[
              {
                "system":"http://terminology.hl7.org/CodeSystem/v3-ParticipationType",
                "code":"PRF",
                "display":"performer"
              }
            ]
          },
          "actor":{"type":"Practitioner","display":"Scan, Sam"}
        },
        {
          "function":{
            "coding":[
              {
                "system":"http://terminology.hl7.org/CodeSystem/v3-ParticipationType",
                "code":"SPRF",
                "display":"secondary performer"
              }
            ]
          },
          "actor":{"type":"Practitioner","display":"Scan, Sam"}
        },
        {"actor":{"type":"Device","display":"ACME Scan 3000"}},
        {
          "actor":{
            "type":"Organization",
            "identifier":{"system":"urn:oid:1.2.97","value":"H1"},
            "display":"City Hospital"
          }
        }
      ],
      "instance":[
        {
          "uid":"1.2.3.1.1",
          "sopClass":{"system":"urn:ietf:rfc:3986","code":"urn:oid:1.2.840.10008.5.1.4.1.1.2"},
          "number":1,
          "title":"ORIGINAL\\PRIMARY\\AXIAL"
        },
        {"uid":"1.2.3.1.2","sopClass":{"code":"CT Image"}},
        {
          "uid":"1.2.3.1.3",
          "sopClass":{
            "extension":[
              {"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","valueCode":"unknown"}
            ]
          }
        }
      ]
    },
    {
      "uid":"1.2.3.2",
      "modality":{
        "extension":[
          {"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","valueCode":"unknown"}
        ]
      },
      "numberOfInstances":1,
      "instance":[
        {
          "uid":"1.2.3.2.1",
          "sopClass":{"system":"urn:ietf:rfc:3986","code":"urn:oid:1.2.840.10008.5.1.4.1.1.7"},
          "number":7
        }
      ]
    },
    {
      "uid":"1.2.3.3",
      "modality":{"text":"XX"},
      "numberOfInstances":1,
      "bodySite":{"concept":{"text":"LEFT TOE"}},
      "instance":[
        {
          "uid":"1.2.3.3.1",
          "sopClass":{"system":"urn:ietf:rfc:3986","code":"urn:oid:1.2.840.10008.5.1.4.1.1.2.1"},
          "number":0,
          "title":"a"
        }
      ]
    }
  ]
}"##;

const IN_R6_BALLOT5: &str = r##"{
  "resourceType":"ImagingStudy",
  "id":"1.2.3",
  "contained":[
    {
      "resourceType":"Endpoint",
      "id":"0cff43b2-8b7e-5f00-a48b-3b78ac522c18",
      "status":"active",
      "connectionType":[
        {
          "coding":[
            {"system":"http://terminology.hl7.org/CodeSystem/endpoint-connection-type","code":"dicom-wado-rs"}
          ]
        }
      ],
      "payload":[{"type":[{"text":"DICOM WADO-RS"}]}],
      "address":"https://pacs.example/dicomweb"
    },
    {
      "resourceType":"Endpoint",
      "id":"3e9bcff9-7a60-5bd8-8c95-b42472d7c126",
      "status":"active",
      "connectionType":[
        {
          "coding":[
            {"system":"http://terminology.hl7.org/CodeSystem/endpoint-connection-type","code":"ihe-iid"}
          ]
        }
      ],
      "payload":[{"type":[{"text":"IHE Invoke Image Display"}]}],
      "address":"https://pacs.example/dicomweb"
    }
  ],
  "identifier":[
    {
      "use":"official",
      "type":{
        "coding":[
          {
            "system":"http://dicom.nema.org/resources/ontology/DCM",
            "code":"110180",
            "display":"Study Instance UID"
          }
        ]
      },
      "system":"urn:dicom:uid",
      "value":"urn:oid:1.2.3"
    },
    {"value":"S1"}
  ],
  "status":"available",
  "modality":[
    {"text":"XX"},
    {
      "coding":[
        {"system":"http://dicom.nema.org/resources/ontology/DCM","code":"CT","display":"Computed Tomography"}
      ]
    }
  ],
  "subject":{
    "type":"Patient",
    "identifier":{
      "type":{
        "coding":[
          {
            "system":"http://terminology.hl7.org/CodeSystem/v2-0203",
            "code":"MR",
            "display":"Medical record number"
          }
        ]
      },
      "value":"4711",
      "assigner":{"display":"City Hospital"}
    },
    "display":"Yamada, Tarou"
  },
  "encounter":{
    "type":"Encounter",
    "identifier":{
      "type":{
        "coding":[
          {"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"VN","display":"Visit number"}
        ]
      },
      "system":"urn:oid:1.2.98",
      "value":"V|1,2"
    }
  },
  "started":"2024-02-29T07:05:09.25+01:00",
  "basedOn":[
    {
      "type":"ServiceRequest",
      "identifier":{
        "type":{
          "coding":[
            {"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"ACSN","display":"Accession ID"}
          ]
        },
        "system":"urn:oid:1.2.99",
        "value":"A-17"
      }
    }
  ],
  "referrer":{"type":"Practitioner","display":"Refer, Rita"},
  "endpoint":[
    {"reference":"#0cff43b2-8b7e-5f00-a48b-3b78ac522c18","type":"Endpoint"},
    {"reference":"#3e9bcff9-7a60-5bd8-8c95-b42472d7c126","type":"Endpoint"}
  ],
  "numberOfSeries":3,
  "numberOfInstances":5,
  "procedure":[{"type":"Procedure","display":"Computed tomography"}],
  "location":{"type":"Location","display":"Radiology"},
  "reason":[
    {"concept":{"coding":[{"system":"http://snomed.info/sct","code":"25064002","display":"Headache"}]}},
    {"concept":{"text":"fall"}}
  ],
  "note":[{"text":"line one\nline \"two\""}],
  "description":"CT of the knee",
  "series":[
    {
      "uid":"1.2.3.1",
      "number":3,
      "modality":{
        "coding":[
          {
            "system":"http://dicom.nema.org/resources/ontology/DCM",
            "code":"CT",
            "display":"Computed Tomography"
          }
        ]
      },
      "description":"axial 1 mm",
      "numberOfInstances":3,
      "endpoint":[{"reference":"#0cff43b2-8b7e-5f00-a48b-3b78ac522c18","type":"Endpoint"}],
      "bodySite":[
        {
          "concept":{
            "coding":[{"system":"http://snomed.info/sct","code":"72696002","display":"Knee"}],
            "text":"Left knee"
          }
        }
      ],
      "specimen":[{"type":"Specimen","identifier":{"value":"SP1"}}],
      "started":"2024-02-29T08:05:09.25+01:00",
      "performer":[
        {
          "function":{
            "coding":[
              {
                "system":"http://terminology.hl7.org/CodeSystem/v3-ParticipationType",
                "code":"PRF",
                "display":"performer"
              }
            ]
          },
          "actor":{"type":"Practitioner","display":"Scan, Sam"}
        },
        {
          "function":{
            "coding":[
              {
                "system":"http://terminology.hl7.org/CodeSystem/v3-ParticipationType",
                "code":"SPRF",
                "display":"secondary performer"
              }
            ]
          },
          "actor":{"type":"Practitioner","display":"Scan, Sam"}
        },
        {"actor":{"type":"Device","display":"ACME Scan 3000"}},
        {
          "actor":{
            "type":"Organization",
            "identifier":{"system":"urn:oid:1.2.97","value":"H1"},
            "display":"City Hospital"
          }
        }
      ],
      "instance":[
        {
          "uid":"1.2.3.1.1",
          "sopClass":"urn:oid:1.2.840.10008.5.1.4.1.1.2",
          "number":1,
          "numberOfFrames":12,
          "title":"ORIGINAL\\PRIMARY\\AXIAL"
        },
        {
          "uid":"1.2.3.1.2",
          "_sopClass":{
            "extension":[
              {"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","valueCode":"error"}
            ]
          }
        },
        {
          "uid":"1.2.3.1.3",
          "_sopClass":{
            "extension":[
              {"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","valueCode":"unknown"}
            ]
          }
        }
      ]
    },
    {
      "uid":"1.2.3.2",
      "modality":{
        "extension":[
          {"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","valueCode":"unknown"}
        ]
      },
      "numberOfInstances":1,
      "instance":[{"uid":"1.2.3.2.1","sopClass":"urn:oid:1.2.840.10008.5.1.4.1.1.7","number":7}]
    },
    {
      "uid":"1.2.3.3",
      "modality":{"text":"XX"},
      "numberOfInstances":1,
      "bodySite":[{"concept":{"text":"LEFT TOE"}}],
      "instance":[
        {
          "uid":"1.2.3.3.1",
          "sopClass":"urn:oid:1.2.840.10008.5.1.4.1.1.2.1",
          "number":0,
          "numberOfFrames":1,
          "title":"a"
        }
      ]
    }
  ]
}"##;
