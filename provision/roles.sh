{% if router -%}

{% include router.sh -%}
{% endif -%}
{% if tun_vips.size > 0 -%}

{% include real-server/tun.sh -%}
{% endif -%}
{% if dr_vips.size > 0 -%}

{% include real-server/dr.sh -%}
{% endif -%}
{% if director -%}

{% include director.sh -%}
{% endif -%}
